# The exporter, for amd64 and arm64 alike: everything it needs has wheels for both.
#   docker buildx build --platform linux/amd64,linux/arm64 --tag episodarr:0.1.0 .
FROM python:3.12.12-slim-bookworm AS build

WORKDIR /src
# All that .dockerignore lets through.
COPY . .
RUN python -m venv /opt/episodarr \
    && /opt/episodarr/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.12.12-slim-bookworm

COPY --from=build /opt/episodarr /opt/episodarr

# Volumes take the mode of what they cover, so that any PUID and PGID can write to them.
RUN install --directory --mode=1777 /state /media

ENV PATH=/opt/episodarr/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    EPISODARR_STATE_DIR=/state

USER 1000:1000
EXPOSE 10987

# Alive, not ready: a Sonarr that is down must not make the exporter restart.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
    CMD ["episodarr", "healthcheck"]

ENTRYPOINT ["episodarr"]
CMD ["serve"]
