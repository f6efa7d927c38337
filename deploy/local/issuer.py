"""The development issuer: an OIDC provider that believes everybody. For this machine only."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, Response
from joserfc.jwk import ECKey
from pydantic import BaseModel

from deploy.local import tokens

router = APIRouter(tags=["issuer"])


class TokenOut(BaseModel):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105 (the name of a scheme, no password)
    expires_in: int


@router.get("/.well-known/openid-configuration")
async def configuration(request: Request) -> dict[str, object]:
    """Where services and programs find the keys and the token endpoint."""
    issuer: str = request.app.state.issuer
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "token_endpoint": f"{issuer}/token",
        "id_token_signing_alg_values_supported": [tokens.ALGORITHM],
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
        "grant_types_supported": ["client_credentials"],
    }


@router.get("/jwks")
async def jwks(request: Request) -> dict[str, list[dict[str, object]]]:
    """The public keys that check our tokens."""
    key: ECKey = request.app.state.key
    return {"keys": [dict(key.as_dict(private=False))]}


@router.post("/token", response_model=TokenOut, responses={422: {"description": "unknown role"}})
async def token(
    request: Request,
    role: Annotated[list[str], Form(description="One or more roles, repeated or separated by commas.")],
    subject: Annotated[str, Form(max_length=200)] = "",
    district: Annotated[str, Form(max_length=200)] = "",
    street: Annotated[str, Form(max_length=200)] = "",
    team: Annotated[str, Form(max_length=200)] = "",
    school: Annotated[str, Form(max_length=200)] = "",
    institution: Annotated[str, Form(max_length=200)] = "",
    lifetime: Annotated[int, Form(ge=1, le=tokens.LONGEST_LIFETIME, description="Seconds.")] = tokens.LIFETIME,
) -> Response | TokenOut:
    """A token for whoever you want to be."""
    claims = {
        "subject": subject,
        "district": district,
        "street": street,
        "team": team,
        "school": school,
        "institution": institution,
    }
    state = request.app.state
    try:
        minted = tokens.mint(state.key, state.issuer, tokens.split_roles(role), claims, lifetime=lifetime)
    except tokens.UnknownRole:
        return unknown_role()
    return TokenOut(access_token=minted, expires_in=lifetime)


def unknown_role() -> JSONResponse:
    return JSONResponse(
        {
            "type": "about:blank",
            "title": "Unknown role",
            "status": 422,
            "code": "unknown-role",
            "detail": f"The roles are: {', '.join(tokens.ROLES)}.",
        },
        status_code=422,
        media_type="application/problem+json",
    )
