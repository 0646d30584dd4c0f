# Stock Traefik, the static binary of its release. Built by scripts/images.sh
# from what scripts/setup.sh has fetched; anybody's official Traefik image does
# as well.
FROM scratch
COPY traefik /traefik
EXPOSE 80
ENTRYPOINT ["/traefik"]
LABEL org.opencontainers.image.title="traefik" \
      org.opencontainers.image.licenses="MIT"
