import { Arg, Args, Ctx, Query, Resolver } from "../../shared/kernel/graphql.ts";
import { PageArgs } from "../../shared/kernel/page.input.ts";
import { type Page, pageOf } from "../../shared/kernel/page.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { ClustersContext } from "../context.ts";
import { AuditFilterInput } from "./audit.input.ts";
import { type AuditEntry, AuditPage } from "./audit.type.ts";

@Resolver()
export class AuditResolver {
  @Query(() => AuditPage, {
    description: "Who changed what, and who was refused what, the newest first. Needs the role admin.",
  })
  async auditLog(
    @Ctx() { audit, operation }: ClustersContext,
    @Args(() => PageArgs) page: PageArgs,
    @Arg("filter", () => AuditFilterInput, { nullable: true, description: "Which entries; all unless given." })
    filter?: AuditFilterInput | null,
  ): Promise<Page<AuditEntry>> {
    requireRole(operation.identity, "admin");
    const { rows, total } = await audit.page(operation.identity, filter ?? {}, page);
    return pageOf(rows as AuditEntry[], total, page);
  }
}
