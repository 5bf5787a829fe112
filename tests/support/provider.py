"""A small OpenID Connect provider as a process of its own: `python -m tests.support.provider PORT`.

It knows one client and signs whoever asks in as the subject that `POST /next` named, with the claims given
there. It checks what a provider must: client, redirect address, PKCE, and that a code is used once.
"""

import base64
import hashlib
import json
import sys
import time
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "field-visits", "mot-bi-mat-du-dai-cho-phep-thu"


def build(issuer: str) -> FastAPI:
    app = FastAPI()
    key = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
    stranger = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
    following: dict[str, Any] = {}
    codes: dict[str, dict[str, Any]] = {}

    @app.get("/.well-known/openid-configuration")
    async def configuration() -> dict[str, Any]:
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
        }

    @app.get("/keys")
    async def keys() -> Any:
        return KeySet([key]).as_dict(private=False)

    @app.post("/next")
    async def sign_in_next(request: Request) -> None:
        following.clear()
        following.update(await request.json())

    @app.get("/authorize")
    async def authorize(request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        if asked["client_id"] != CLIENT or asked["code_challenge_method"] != "S256":
            raise HTTPException(400)
        code = base64.urlsafe_b64encode(hashlib.sha256(asked["state"].encode()).digest()).decode()
        codes[code] = asked | {"claims": dict(following)}
        return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}", 303)

    @app.post("/token")
    async def token(request: Request) -> dict[str, str]:
        form = dict(parse_qsl((await request.body()).decode()))
        asked = codes.pop(form["code"], None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        if (
            asked is None
            or request.headers.get("authorization") != f"Basic {basic}"
            or challenge.rstrip("=") != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            raise HTTPException(400)
        claims = dict(asked["claims"])
        now = int(claims.pop("now", time.time()))
        signed_by = stranger if claims.pop("forged", False) else key
        plain = claims.pop("alg", "RS256")
        body = {
            "iss": issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": asked["nonce"],
        } | claims
        if plain == "none":
            parts = [base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in _unsigned(body)]
            return {"id_token": f"{parts[0]}.{parts[1]}."}
        return {"id_token": jwt.encode({"alg": "RS256", "kid": "k1"}, body, signed_by)}

    return app


def _unsigned(body: dict[str, Any]) -> tuple[bytes, bytes]:
    return b'{"alg":"none"}', json.dumps(body).encode()


if __name__ == "__main__":
    port = int(sys.argv[1])
    uvicorn.run(build(f"http://127.0.0.1:{port}"), host="127.0.0.1", port=port, log_level="warning")
