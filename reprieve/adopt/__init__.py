"""`reprieve adopt`: find deployments of AWS's own pattern, and plan how Reprieve replaces them."""
