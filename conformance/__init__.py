"""Third parties judge omnirun: `make conformance`.

Three tools that know nothing of omnirun and everything of OpenAPI, all from npm and PyPI, all over loopback:

- **steady** serves each normalized spec and judges what the raw clients and the overlay send (`by_steady`);
- **schemathesis** sends the sandbox whatever each spec allows and forbids, and judges the answers (`by_schemathesis`);
- **Redocly** reads the specs themselves (`by_redocly`).

A judge gives findings; one finding that is not listed in `deviations.toml`, with a reason, fails the command.
"""
