import type { Platform } from "../../platform.ts";
import { gauge } from "../../shared/kernel/instruments.ts";
import type { SubgraphModule } from "../../shared/kernel/subgraph-module.ts";
import { PersonaRepository } from "../personas/persona.repository.ts";
import { PersonaService } from "../personas/persona.service.ts";
import { openToolbox } from "../tools/index.ts";
import { ChosenAnswerer } from "./answer/answerer.ts";
import { ModelAnswerer } from "./answer/model.answerer.ts";
import { RulesAnswerer } from "./answer/rules/rules.answerer.ts";
import { AnswerStartService } from "./answer-start.service.ts";
import type { ChatContext } from "./chat.context.ts";
import { pruneSessions } from "./chat-retention.job.ts";
import { ChatStreamResolver } from "./chat-stream.resolver.ts";
import { MakingService } from "./making.service.ts";
import { MessageRepository } from "./message.repository.ts";
import { MessageResolver } from "./message.resolver.ts";
import { MessageService } from "./message.service.ts";
import { ModelResolver } from "./model.resolver.ts";
import { recoverAnswers } from "./recover.job.ts";
import { SessionRepository } from "./session.repository.ts";
import { SessionResolver } from "./session.resolver.ts";
import { SessionService } from "./session.service.ts";

/** Conversations with the assistant. */
export const chat: SubgraphModule<Platform> = {
  resolvers: [SessionResolver, MessageResolver, ChatStreamResolver, ModelResolver],
  byNamespace: `
    Query.availableModels Query.chatMessage Query.chatSession Query.chatSessions Query.tools Query.exportChatSession
    Subscription.chatMessage Mutation.approveToolCall Mutation.cancelChatMessage Mutation.chooseChatBranch
    Mutation.createChatSession Mutation.deleteChatSession Mutation.extendChatSession Mutation.regenerateChatMessage
    Mutation.resumeChatMessage Mutation.sendChatMessage Mutation.shareChatSession Mutation.unshareChatSession
    Mutation.updateChatSession ChatSession.messages ToolCall.rows`,

  start: async ({ database, changes, clock, fleet, bus, log, models, graph, registry }) => {
    const personas = new PersonaService({ repository: new PersonaRepository(database.prisma), changes, clock });
    const repository = new MessageRepository(database.prisma);
    const sessionRepository = new SessionRepository(database.prisma);
    const toolbox = openToolbox(graph, log, registry);
    const sessions = new SessionService({
      repository: sessionRepository,
      personas,
      models,
      directory: fleet.directory,
      changes,
      clock,
    });
    const answerer = new ChosenAnswerer({
      models,
      byModel: new ModelAnswerer(models, toolbox),
      byRules: new RulesAnswerer({ graph, toolbox }),
    });
    const making = new MakingService({ answerer, toolbox, repository, bus, clock, log });
    gauge(
      registry,
      "aiops_chat_answers_under_way",
      "Answers of the assistant that this process is making; at most 300.",
      [],
      () => [[{}, making.underWay]],
    );
    const start = new AnswerStartService({ repository, personas, making, changes, clock });
    const messages = new MessageService({ repository, sessions, start, making, changes, clock });
    return {
      context: (): ChatContext => ({ chat: { sessions, messages, repository, models, toolbox, bus } }),
      jobs: [recoverAnswers({ repository, making, clock }), pruneSessions({ repository: sessionRepository, clock })],
      close: () => making.close(),
    };
  },
};
