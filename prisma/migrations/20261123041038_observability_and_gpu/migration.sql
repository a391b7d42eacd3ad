-- CreateEnum
CREATE TYPE "AlertSeverity" AS ENUM ('CRITICAL', 'WARNING', 'INFO');

-- CreateEnum
CREATE TYPE "AlertState" AS ENUM ('FIRING', 'RESOLVED', 'PENDING');

-- AlterTable
ALTER TABLE "clusters" ADD COLUMN     "gpu_exec_enabled" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "loki_tenant" TEXT,
ADD COLUMN     "tempo_tenant" TEXT;

-- CreateTable
CREATE TABLE "scheduled_tasks" (
    "task" TEXT NOT NULL,
    "subject_id" UUID NOT NULL,
    "next_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "scheduled_tasks_pkey" PRIMARY KEY ("task","subject_id")
);

-- CreateTable
CREATE TABLE "alert_sources" (
    "cluster_id" UUID NOT NULL,
    "ha_group" TEXT NOT NULL DEFAULT 'default',
    "polled_at" TIMESTAMPTZ(3),
    "stale_since" TIMESTAMPTZ(3),
    "last_error" TEXT,

    CONSTRAINT "alert_sources_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateTable
CREATE TABLE "alerts" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "cluster_id" UUID NOT NULL,
    "ha_group" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "alertname" TEXT NOT NULL,
    "severity" "AlertSeverity" NOT NULL,
    "state" "AlertState" NOT NULL,
    "labels" JSONB NOT NULL,
    "label_pairs" TEXT[],
    "annotations" JSONB NOT NULL DEFAULT '{}',
    "namespace" TEXT,
    "pod" TEXT,
    "node" TEXT,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),
    "generator_url" TEXT,
    "silenced_by" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "inhibited_by" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "source_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "ack_owner" TEXT,
    "ack_note" TEXT,
    "ack_at" TIMESTAMPTZ(3),
    "ack_until" TIMESTAMPTZ(3),

    CONSTRAINT "alerts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "webhook_tokens" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "cluster_id" UUID NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "metric_watches" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "query" TEXT NOT NULL,
    "selector" JSONB NOT NULL DEFAULT '{}',
    "every_seconds" INTEGER NOT NULL,
    "above" DOUBLE PRECISION,
    "below" DOUBLE PRECISION,
    "change_percent" DOUBLE PRECISION,
    "created_by" TEXT NOT NULL,
    "scope" JSONB,
    "next_run_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "last_run_at" TIMESTAMPTZ(3),
    "last_error" TEXT,

    CONSTRAINT "metric_watches_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "metric_watch_states" (
    "watch_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "series" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "metric_watch_states_pkey" PRIMARY KEY ("watch_id","cluster_id")
);

-- CreateTable
CREATE TABLE "trace_cursors" (
    "cluster_id" UUID NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,
    "recent_ids" TEXT[],

    CONSTRAINT "trace_cursors_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateTable
CREATE TABLE "gpu_health_events" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "cluster_id" UUID NOT NULL,
    "node_name" TEXT NOT NULL,
    "device" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "severity" "AlertSeverity" NOT NULL,
    "message" TEXT NOT NULL,
    "occurrences" INTEGER NOT NULL DEFAULT 1,
    "last_count" INTEGER,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "cleared_at" TIMESTAMPTZ(3),

    CONSTRAINT "gpu_health_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "gpu_collections" (
    "cluster_id" UUID NOT NULL,
    "collected_at" TIMESTAMPTZ(3) NOT NULL,
    "devices" JSONB NOT NULL,
    "last_error" TEXT,

    CONSTRAINT "gpu_collections_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateIndex
CREATE INDEX "scheduled_tasks_task_next_at_idx" ON "scheduled_tasks"("task", "next_at");

-- CreateIndex
CREATE INDEX "alerts_tenant_id_state_severity_starts_at_id_idx" ON "alerts"("tenant_id", "state", "severity", "starts_at" DESC, "id");

-- CreateIndex
CREATE INDEX "alerts_cluster_id_state_idx" ON "alerts"("cluster_id", "state");

-- CreateIndex
CREATE INDEX "alerts_label_pairs_idx" ON "alerts" USING GIN ("label_pairs");

-- CreateIndex
CREATE INDEX "alerts_ends_at_idx" ON "alerts"("ends_at");

-- CreateIndex
CREATE UNIQUE INDEX "alerts_cluster_id_ha_group_fingerprint_starts_at_key" ON "alerts"("cluster_id", "ha_group", "fingerprint", "starts_at");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_tokens_token_hash_key" ON "webhook_tokens"("token_hash");

-- CreateIndex
CREATE INDEX "webhook_tokens_cluster_id_idx" ON "webhook_tokens"("cluster_id");

-- CreateIndex
CREATE INDEX "metric_watches_next_run_at_idx" ON "metric_watches"("next_run_at");

-- CreateIndex
CREATE UNIQUE INDEX "metric_watches_tenant_id_name_key" ON "metric_watches"("tenant_id", "name");

-- CreateIndex
CREATE INDEX "gpu_health_events_cluster_id_node_name_device_kind_code_idx" ON "gpu_health_events"("cluster_id", "node_name", "device", "kind", "code");

-- CreateIndex
CREATE INDEX "gpu_health_events_tenant_id_last_seen_at_id_idx" ON "gpu_health_events"("tenant_id", "last_seen_at" DESC, "id");

-- CreateIndex
CREATE UNIQUE INDEX "gpu_health_events_standing_key" ON "gpu_health_events"("cluster_id", "device", "kind", "code") WHERE "cleared_at" IS NULL;

-- AddForeignKey
ALTER TABLE "metric_watch_states" ADD CONSTRAINT "metric_watch_states_watch_id_fkey" FOREIGN KEY ("watch_id") REFERENCES "metric_watches"("id") ON DELETE CASCADE ON UPDATE CASCADE;
