"""SNS: publishing, subscriptions and the e-mails that subscribers receive."""
