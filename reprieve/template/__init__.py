"""The guard as a CloudFormation template: the same data that stacks/ renders for Terraform."""
