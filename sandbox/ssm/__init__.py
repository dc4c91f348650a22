"""Systems Manager Automation: documents, executions and their steps."""
