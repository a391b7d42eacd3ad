import type { Dispatcher } from "undici";
import { CodedError } from "../kernel/errors.ts";

/**
 * Ends every answer of 3xx as an error before a client sees it, whatever the client would make of it: `fetch` follows a
 * redirect by default, to any host, with the request's headers.
 */
export const refuseRedirects: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) =>
  dispatch(options, {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (...upgrade) => handler.onRequestUpgrade?.(...upgrade),
    onResponseStart: (controller, status, headers, message) => {
      if (status >= 300 && status < 400) controller.abort(redirected(status));
      else handler.onResponseStart?.(controller, status, headers, message);
    },
    onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  });

const redirected = (status: number): CodedError =>
  new CodedError("UPSTREAM_ERROR", `The endpoint answered HTTP ${status}; redirects are not followed.`, { status });
