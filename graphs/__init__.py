"""Code that runs when the package is built: the face detectors as ONNX graphs that carry their own pre- and post-processing."""
