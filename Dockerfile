# One image for web, worker, beat and the one-shot migration: they differ in their command only.
FROM python:3.13-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/pip install --require-hashes --requirement requirements.txt

FROM python:3.13-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=luohu.settings \
    WEB_BIND=0.0.0.0:8000
RUN useradd --system --uid 10001 --user-group --no-create-home luohu
WORKDIR /srv/luohu
COPY --from=packages /opt/venv /opt/venv
COPY . .
# Hashed, compressed static files become part of the image. The values below live for this one command.
RUN DATABASE_URL=sqlite://:memory: REDIS_URL=redis://unused EMAIL_URL=dummymail:// \
    SECRET_KEY=unused ALLOWED_HOSTS=unused SITE_URL=https://unused \
    python manage.py collectstatic --noinput \
    && python -m compileall -q luohu commands tasks \
    && mkdir -p var/beat var/evidence \
    && chown luohu:luohu var var/beat var/evidence
USER luohu
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn"]
