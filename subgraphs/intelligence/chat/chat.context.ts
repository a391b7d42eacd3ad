import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import type { LanguageModels } from "../../shared/upstreams/llm/language-models.ts";
import type { Toolbox } from "../tools/toolbox.service.ts";
import type { MessageRepository } from "./message.repository.ts";
import type { MessageService } from "./message.service.ts";
import type { SessionService } from "./session.service.ts";

/** What this module brings to an operation's context. */
export interface ChatContext {
  chat: {
    sessions: SessionService;
    messages: MessageService;
    repository: MessageRepository;
    models: LanguageModels;
    toolbox: Toolbox;
    bus: EventBus;
  };
}
