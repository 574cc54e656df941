"""What executes a bundle's steps: the supervisor process, kernels, papermill, the record and the executed notebook."""
