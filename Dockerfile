# One image for every part of Fairseat; the command chooses which: serve, worker, gateway, migrate.
# It holds no servers and no secrets. Settings come from the environment (README.md).

FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
RUN python -m venv /opt/fairseat
# The libraries first: they change less often than Fairseat, so most builds find this layer.
COPY requirements/runtime.txt requirements/build.txt requirements/
RUN /opt/fairseat/bin/pip install --require-hashes --only-binary=:all: -r requirements/runtime.txt \
 && pip install --require-hashes --only-binary=:all: -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY src/ src/
RUN pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && /opt/fairseat/bin/pip install --no-deps --no-index dist/*.whl \
 && /opt/fairseat/bin/pip uninstall --yes pip

FROM python:3.13-slim-bookworm
RUN groupadd --gid 10001 fairseat \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin fairseat \
 && install --directory --owner=10001 --group=10001 /var/lib/fairseat
COPY --from=build /opt/fairseat /opt/fairseat
ENV PATH=/opt/fairseat/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FAIRSEAT_HTTP_HOST=0.0.0.0 \
    FAIRSEAT_MEDIA_FOLDER=/var/lib/fairseat/media
WORKDIR /var/lib/fairseat
# By number, so that whoever runs it can see that it is not root.
USER 10001:10001
EXPOSE 8000 9000
STOPSIGNAL SIGTERM
ENTRYPOINT ["fairseat"]
CMD ["serve"]
