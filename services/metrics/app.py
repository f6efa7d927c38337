"""The API of metrics: `uvicorn --factory services.metrics.app:create_app`."""

from fastapi import FastAPI

from services.metrics.alerts.routes import router as alerts
from services.metrics.dashboard.routes import router as dashboard
from services.metrics.exports.routes import router as exports
from services.metrics.history.routes import router as history
from services.metrics.indicators.routes import router as indicators
from services.metrics.names.routes import router as names
from services.metrics.published.routes import router as published
from services.metrics.rebuilds.routes import router as rebuilds
from services.metrics.reported.routes import router as reported
from services.metrics.settings import Settings
from services.metrics.sources.routes import router as sources
from shared.http.web import create_service


def create_app(settings: Settings | None = None) -> FastAPI:
    return create_service(
        settings or Settings(),
        title="Double Wings metrics",
        description="Every figure of the report, with the events from which it was counted. 指标与成绩单。",
        routers=[indicators, history, alerts, names, sources, reported, rebuilds, exports, published, dashboard],
    )
