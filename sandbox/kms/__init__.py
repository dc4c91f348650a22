"""KMS: moto's keys with AWS's refusals, key material and custom key stores."""
