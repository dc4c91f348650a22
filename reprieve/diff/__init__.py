"""`reprieve diff`: what a Terraform plan changes, and what of it weakens protection."""
