"""SQS: moto's queues, with the permission of AWS services to send to them."""
