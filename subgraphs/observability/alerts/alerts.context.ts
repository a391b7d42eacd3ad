import type { AcknowledgementService } from "./acknowledgement.service.ts";
import type { AlertsService } from "./alerts.service.ts";
import type { WebhookTokenService } from "./webhook-token.service.ts";

/** What this module brings to an operation's context. */
export interface AlertsContext {
  alerts: AlertsService;
  acknowledgements: AcknowledgementService;
  webhookTokens: WebhookTokenService;
}
