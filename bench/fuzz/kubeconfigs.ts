export const KUBECONFIG = `apiVersion: v1
kind: Config
current-context: one
contexts: [{ name: one, context: { cluster: one, user: one, namespace: x } }]
clusters: [{ name: one, cluster: { server: "https://127.0.0.1:1", insecure-skip-tls-verify: true } }]
users: [{ name: one, user: { token: abc } }]
`;

const PEM = Buffer.from("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n").toString("base64");
/** What kubeconfigs have besides: several contexts, certificates, programs, files, proxies, anchors and aliases that multiply. */
export const KUBECONFIGS: readonly string[] = [
  KUBECONFIG,
  `apiVersion: v1
kind: Config
contexts:
  - { name: one, context: { cluster: one, user: exec } }
  - { name: two, context: { cluster: two, user: files } }
  - { name: two, context: { cluster: gone, user: gone } }
clusters:
  - { name: one, cluster: { server: "https://127.0.0.1:1", certificate-authority-data: ${PEM}, tls-server-name: x } }
  - { name: two, cluster: { server: "http://[::1]:1", proxy-url: "socks5://127.0.0.1:1", certificate-authority: /etc/passwd } }
users:
  - { name: exec, user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: /bin/false, args: [] } } }
  - { name: files, user: { tokenFile: /etc/passwd, client-certificate-data: ${PEM}, client-key-data: ${PEM} } }
`,
  `apiVersion: v1
kind: Config
users: &a [{ name: one, user: { token: abc, auth-provider: { name: oidc, config: { id-token: abc } } } }]
clusters: &b [{ name: one, cluster: { server: "https://127.0.0.1:1" } }]
contexts: [{ name: one, context: { cluster: one, user: one } }]
extensions: [*a, *a, *b, *b, [*a, *b], { <<: { x: *a } }]
preferences: { "": ~, 1: 0x1, ? [x] : y }
`,
];
