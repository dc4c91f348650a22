"""EventBridge: rules, event buses, input transformers and deliveries."""
