import type { Answer, Handler } from "../server/answer.ts";

/** Calls a handler without a socket; a body is a form. `path` may carry a query string. */
export function call(
  handler: Handler,
  path: string,
  options: { method?: string; token?: string; form?: string; headers?: Record<string, string>; now?: number } = {},
): Answer & { readonly data: unknown } {
  const url = new URL(path, "http://localhost");
  const params = new URLSearchParams([...new URLSearchParams(options.form ?? ""), ...url.searchParams]);
  const now = options.now ?? Date.UTC(2026, 10, 22, 22, 1, 2);
  const answer = handler({
    method: options.method ?? "GET",
    path: url.pathname,
    params,
    headers: {
      ...options.headers,
      ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
    },
    body: options.form ?? "",
    now,
    clock: () => now,
  });
  // What goes on is lines of JSON.
  const isJson = answer.contentType.startsWith("application/json") && answer.stream === undefined;
  return { ...answer, data: isJson ? (JSON.parse(answer.body) as unknown) : answer.body };
}
