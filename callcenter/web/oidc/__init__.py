"""Sign-in with OpenID Connect: authorisation code flow with PKCE, bound to the browser."""
