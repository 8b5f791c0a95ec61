"""Making an expression model: data to checkpoint to ONNX. Needs the extra `train`; nothing else imports it."""
