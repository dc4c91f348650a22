"""AWS CloudFormation: stacks, whose resources are made by calls to the sandbox; stack sets."""
