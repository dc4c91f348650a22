"""`reprieve diff`: what a Terraform plan changes, and which changes weaken protection."""
