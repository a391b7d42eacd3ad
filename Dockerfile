# One image for every role; the command says which:
#   node dist/gateway/main.js               the gateway (default)
#   node dist/subgraphs/main.js <name>      a subgraph
#   node dist/demo/main.js                  the simulated fleet
#
# For several architectures: docker buildx build --platform linux/amd64,linux/arm64 .

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No dependency needs its install script (package.json, allowScripts); some would download.
RUN npm ci --ignore-scripts --loglevel=warn
COPY . .
RUN node node_modules/prisma/build/index.js generate && node node_modules/typescript/bin/tsc -p tsconfig.build.json
# Optional is what the image has of its own (Node) or no use for (Prisma's command line). Types, source maps and the compilers of
# databases that are not PostgreSQL are read by nothing here.
RUN npm prune --omit=dev --omit=optional --ignore-scripts \
  && find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete \
  && rm -f node_modules/@prisma/client/runtime/*.cockroachdb.* node_modules/@prisma/client/runtime/*.mysql.* \
    node_modules/@prisma/client/runtime/*.sqlite.* node_modules/@prisma/client/runtime/*.sqlserver.* dist/.tsbuildinfo

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/var/lib/aiops
WORKDIR /app
# Of the group 0, since that is the group of the arbitrary users that OpenShift runs containers as.
RUN install -d -o 1000 -g 0 -m 0770 "$DATA_DIR"
COPY --from=build /app/package.json /app/LICENSE /app/NOTICE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/prisma/migrations prisma/migrations
COPY --from=build /app/schema schema
# As a number, which Kubernetes can tell from root: the image's user "node".
USER 1000:0
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 4000) + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/gateway/main.js"]
