const LEAST = [22, 19] as const;

/** The Kubernetes client and others fail in odd ways on an older Node: say so at once. */
export function requireModernNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])) return;
  console.error(
    `Node ${LEAST.join(".")} or newer is needed, and this is ${process.versions.node}. ` +
      "Start by npm (npm start, npm run …): its scripts use the Node among the dependencies.",
  );
  process.exit(1);
}
