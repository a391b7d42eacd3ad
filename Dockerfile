# One image for every role; the command says which:
#   node dist/gateway/main.js               the gateway (default)
#   node dist/subgraphs/main.js <name>      a subgraph
#   node dist/demo/main.js                  the simulated fleet

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No dependency needs its install script (package.json, allowScripts); some would download.
RUN npm ci --ignore-scripts --loglevel=warn
COPY . .
RUN node node_modules/prisma/build/index.js generate && node node_modules/typescript/bin/tsc -p tsconfig.build.json
# The image has a Node of its own: the one among the dependencies is for checkouts.
RUN npm prune --omit=dev --ignore-scripts && rm -rf node_modules/node-linux-* node_modules/.bin/node dist/.tsbuildinfo

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/var/lib/aiops
WORKDIR /app
RUN install -d -o node -g node "$DATA_DIR"
COPY --from=build /app/package.json /app/LICENSE /app/NOTICE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/prisma/migrations prisma/migrations
COPY --from=build /app/schema schema
USER node
EXPOSE 4000
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 4000) + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/gateway/main.js"]
