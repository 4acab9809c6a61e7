def gate(document, provenance, provider): pass
