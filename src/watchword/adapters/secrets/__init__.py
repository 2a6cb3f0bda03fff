"""Managers of secrets (the port is `kernel.managers.SecretManager`), asked once, at the start.

files   a folder: one file per secret, or a folder per secret with a file per field (Kubernetes, Docker)
vault   HashiCorp Vault or OpenBao: KV version 2, by token, AppRole or Kubernetes
aws     AWS Secrets Manager: a text, or an object of fields, per secret
roles   who we are at AWS without a key: a pod, a task of ECS, a machine of EC2
asking  by HTTPS, synchronously: before the service is there, nothing else is to be done
"""
