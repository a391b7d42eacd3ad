/** Which endpoint of a cluster credentials sign in to. */
export const SignInEndpoint = {
  API_SERVER: "API_SERVER",
  PROMETHEUS: "PROMETHEUS",
  TEMPO: "TEMPO",
  LOKI: "LOKI",
  ALERTMANAGER: "ALERTMANAGER",
} as const;
export type SignInEndpoint = (typeof SignInEndpoint)[keyof typeof SignInEndpoint];
