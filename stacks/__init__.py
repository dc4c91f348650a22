"""What is deployed: settings in, Terraform out. The only package that imports CDKTF."""
