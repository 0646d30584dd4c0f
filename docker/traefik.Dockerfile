# Stock Traefik, the static binary of its release, and a default certificate that this machine
# has made. Built by scripts/images.sh from what scripts/setup.sh has fetched; with anybody's
# official Traefik image the certificate comes as a mount, as in examples/host/compose.yaml.
FROM scratch
COPY traefik /traefik
COPY dynamic /etc/traefik/dynamic
EXPOSE 80
ENTRYPOINT ["/traefik"]
LABEL org.opencontainers.image.title="traefik" \
      org.opencontainers.image.licenses="MIT"
