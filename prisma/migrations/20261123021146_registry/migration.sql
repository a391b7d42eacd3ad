-- AlterTable
ALTER TABLE "cluster_credentials" ADD COLUMN     "key_id" TEXT,
ADD COLUMN     "oidc_encrypted" BYTEA,
ADD COLUMN     "validated_at" TIMESTAMPTZ(3),
ADD COLUMN     "warned_of" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "clusters" ADD COLUMN     "alertmanager_healthy" BOOLEAN,
ADD COLUMN     "capability_findings" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "proposed_endpoints" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "recent_reachable" BOOLEAN[] DEFAULT ARRAY[]::BOOLEAN[];

-- CreateTable
CREATE TABLE "health_samples" (
    "cluster_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "state" "ClusterState" NOT NULL,
    "health_score" INTEGER NOT NULL,
    "api_server_healthy" BOOLEAN NOT NULL,
    "prometheus_healthy" BOOLEAN,
    "tempo_healthy" BOOLEAN,
    "loki_healthy" BOOLEAN,
    "alertmanager_healthy" BOOLEAN,

    CONSTRAINT "health_samples_pkey" PRIMARY KEY ("cluster_id","at")
);

-- CreateTable
CREATE TABLE "outbox_events" (
    "seq" BIGSERIAL NOT NULL,
    "topic" TEXT NOT NULL,
    "event" JSONB NOT NULL,

    CONSTRAINT "outbox_events_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "audit_entries" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "cluster_id" UUID,
    "subject" TEXT NOT NULL,
    "before" JSONB,
    "after" JSONB,
    "request_id" TEXT NOT NULL,

    CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "health_samples_at_idx" ON "health_samples"("at");

-- CreateIndex
CREATE INDEX "audit_entries_tenant_id_at_id_idx" ON "audit_entries"("tenant_id", "at" DESC, "id");

-- CreateIndex
CREATE INDEX "audit_entries_cluster_id_at_idx" ON "audit_entries"("cluster_id", "at" DESC);

-- AddForeignKey
ALTER TABLE "health_samples" ADD CONSTRAINT "health_samples_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "clusters"("id") ON DELETE CASCADE ON UPDATE CASCADE;
