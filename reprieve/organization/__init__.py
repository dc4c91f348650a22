"""What CloudFormation StackSets deployed in an organization: `reprieve status --organization`."""
