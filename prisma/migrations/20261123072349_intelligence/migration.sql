-- CreateEnum
CREATE TYPE "DetectionType" AS ENUM ('STATISTICAL', 'ML_BASED', 'LLM_ASSISTED');

-- CreateEnum
CREATE TYPE "AnomalySeverity" AS ENUM ('HIGH', 'MEDIUM', 'LOW');

-- CreateEnum
CREATE TYPE "AnomalyType" AS ENUM ('SPIKE', 'DROP', 'TREND_CHANGE', 'PATTERN_BREAK', 'THRESHOLD_BREACH');

-- CreateEnum
CREATE TYPE "AnalysisStatus" AS ENUM ('RUNNING', 'COMPLETE', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "RootCauseVerdict" AS ENUM ('CONFIRMED', 'LIKELY', 'INCONCLUSIVE');

-- CreateEnum
CREATE TYPE "ReportType" AS ENUM ('EXECUTIVE_SUMMARY', 'DETAILED_ANALYSIS', 'INCIDENT_REPORT', 'CAPACITY_PLAN');

-- CreateEnum
CREATE TYPE "ReportFormat" AS ENUM ('HTML', 'PDF', 'MARKDOWN', 'JSON');

-- CreateEnum
CREATE TYPE "ReportStatus" AS ENUM ('QUEUED', 'RUNNING', 'READY', 'FAILED', 'CANCELLED');

-- CreateEnum
CREATE TYPE "ChatRole" AS ENUM ('USER', 'ASSISTANT', 'SYSTEM', 'TOOL');

-- CreateEnum
CREATE TYPE "ChatMessageStatus" AS ENUM ('RUNNING', 'WAITING_FOR_APPROVAL', 'COMPLETE', 'PARTIAL', 'FAILED', 'CANCELLED', 'INTERRUPTED');

-- CreateEnum
CREATE TYPE "ToolCallStatus" AS ENUM ('PENDING_APPROVAL', 'RUNNING', 'SUCCESS', 'ERROR', 'TIMEOUT', 'REJECTED');

-- CreateTable
CREATE TABLE "detection_rules" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "expression" TEXT NOT NULL,
    "selector" JSONB NOT NULL DEFAULT '{}',
    "method" "DetectionType" NOT NULL DEFAULT 'STATISTICAL',
    "sensitivity" DOUBLE PRECISION NOT NULL DEFAULT 0.5,
    "above" DOUBLE PRECISION,
    "below" DOUBLE PRECISION,
    "every_seconds" INTEGER NOT NULL,
    "step_seconds" INTEGER NOT NULL,
    "window_seconds" INTEGER NOT NULL,
    "notify_score" DOUBLE PRECISION NOT NULL DEFAULT 4,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "muted_until" TIMESTAMPTZ(3),
    "created_by" TEXT NOT NULL,
    "identity" JSONB NOT NULL,
    "next_run_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "last_run_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "last_run" JSONB,

    CONSTRAINT "detection_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "detection_states" (
    "rule_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "judged_until" TIMESTAMPTZ(3) NOT NULL,
    "series" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "detection_states_pkey" PRIMARY KEY ("rule_id","cluster_id")
);

-- CreateTable
CREATE TABLE "anomalies" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "cluster_id" UUID NOT NULL,
    "rule_id" UUID,
    "series_key" TEXT NOT NULL,
    "metric_name" TEXT NOT NULL,
    "query" TEXT NOT NULL,
    "step_seconds" INTEGER NOT NULL,
    "labels" JSONB NOT NULL,
    "label_pairs" TEXT[],
    "namespace" TEXT,
    "detection_type" "DetectionType" NOT NULL,
    "anomaly_type" "AnomalyType" NOT NULL,
    "severity" "AnomalySeverity" NOT NULL,
    "confidence_score" DOUBLE PRECISION NOT NULL,
    "score" DOUBLE PRECISION NOT NULL,
    "statistic" TEXT NOT NULL,
    "expected_value" DOUBLE PRECISION,
    "expected_low" DOUBLE PRECISION,
    "expected_high" DOUBLE PRECISION,
    "actual_value" DOUBLE PRECISION NOT NULL,
    "deviation_percent" DOUBLE PRECISION,
    "explanation" TEXT NOT NULL,
    "judgement" TEXT,
    "model" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "detected_at" TIMESTAMPTZ(3) NOT NULL,
    "notified" BOOLEAN NOT NULL DEFAULT false,
    "ack_owner" TEXT,
    "ack_note" TEXT,
    "ack_at" TIMESTAMPTZ(3),
    "expected_by" TEXT,
    "expected_note" TEXT,
    "expected_at" TIMESTAMPTZ(3),
    "muted_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "anomalies_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "root_cause_analyses" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "cluster_id" UUID NOT NULL,
    "alert_id" UUID,
    "anomaly_id" UUID,
    "namespace" TEXT,
    "onset" TIMESTAMPTZ(3) NOT NULL,
    "window_start" TIMESTAMPTZ(3) NOT NULL,
    "window_end" TIMESTAMPTZ(3) NOT NULL,
    "status" "AnalysisStatus" NOT NULL,
    "verdict" "RootCauseVerdict",
    "result" JSONB,
    "progress" JSONB,
    "beat_at" TIMESTAMPTZ(3) NOT NULL,
    "error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "root_cause_analyses_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reports" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "report_type" "ReportType" NOT NULL,
    "format" "ReportFormat" NOT NULL,
    "cluster_scope" UUID[],
    "range_start" TIMESTAMPTZ(3) NOT NULL,
    "range_end" TIMESTAMPTZ(3) NOT NULL,
    "parameters" JSONB NOT NULL DEFAULT '{}',
    "generated_by" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "identity" JSONB NOT NULL,
    "schedule_id" UUID,
    "status" "ReportStatus" NOT NULL,
    "progress" JSONB,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "beat_at" TIMESTAMPTZ(3) NOT NULL,
    "error" TEXT,
    "storage_path" TEXT,
    "size_bytes" INTEGER,
    "sha256" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reports_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "report_schedules" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "title" TEXT,
    "report_type" "ReportType" NOT NULL,
    "format" "ReportFormat" NOT NULL,
    "selector" JSONB NOT NULL DEFAULT '{}',
    "parameters" JSONB NOT NULL DEFAULT '{}',
    "cron" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "range_seconds" INTEGER NOT NULL,
    "retention_days" INTEGER NOT NULL DEFAULT 30,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "created_by" TEXT NOT NULL,
    "identity" JSONB NOT NULL,
    "next_run_at" TIMESTAMPTZ(3) NOT NULL,
    "last_run_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "report_schedules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "personas" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "system_prompt" TEXT NOT NULL,
    "capabilities" TEXT[],
    "icon" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "personas_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "chat_sessions" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "title" TEXT,
    "persona_id" TEXT NOT NULL DEFAULT 'default',
    "cluster_context" UUID[],
    "asked_clusters" UUID[] DEFAULT ARRAY[]::UUID[],
    "model" TEXT,
    "message_count" INTEGER NOT NULL DEFAULT 0,
    "head_id" UUID,
    "summary" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "chat_sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chat_shares" (
    "session_id" UUID NOT NULL,
    "user_id" TEXT NOT NULL,
    "can_write" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "chat_shares_pkey" PRIMARY KEY ("session_id","user_id")
);

-- CreateTable
CREATE TABLE "chat_messages" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "parent_id" UUID,
    "role" "ChatRole" NOT NULL,
    "status" "ChatMessageStatus" NOT NULL,
    "content" TEXT NOT NULL DEFAULT '',
    "author" TEXT,
    "persona_id" TEXT NOT NULL,
    "model" TEXT,
    "tokens_used" INTEGER,
    "latency_ms" INTEGER,
    "citations" JSONB NOT NULL DEFAULT '[]',
    "error_code" TEXT,
    "error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "worker" UUID,
    "beat_at" TIMESTAMPTZ(3),

    CONSTRAINT "chat_messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chat_tool_calls" (
    "message_id" UUID NOT NULL,
    "id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "arguments" JSONB NOT NULL,
    "args_hash" TEXT NOT NULL,
    "status" "ToolCallStatus" NOT NULL,
    "finding" JSONB,
    "error_code" TEXT,
    "error" TEXT,
    "duration_ms" INTEGER,
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "chat_tool_calls_pkey" PRIMARY KEY ("message_id","id")
);

-- CreateIndex
CREATE INDEX "detection_rules_next_run_at_idx" ON "detection_rules"("next_run_at");

-- CreateIndex
CREATE UNIQUE INDEX "detection_rules_tenant_id_name_key" ON "detection_rules"("tenant_id", "name");

-- CreateIndex
CREATE INDEX "anomalies_tenant_id_detected_at_id_idx" ON "anomalies"("tenant_id", "detected_at" DESC, "id");

-- CreateIndex
CREATE INDEX "anomalies_cluster_id_detected_at_idx" ON "anomalies"("cluster_id", "detected_at" DESC);

-- CreateIndex
CREATE INDEX "anomalies_label_pairs_idx" ON "anomalies" USING GIN ("label_pairs");

-- CreateIndex
CREATE UNIQUE INDEX "anomalies_rule_id_cluster_id_series_key_detected_at_key" ON "anomalies"("rule_id", "cluster_id", "series_key", "detected_at");

-- CreateIndex
CREATE INDEX "root_cause_analyses_tenant_id_created_at_id_idx" ON "root_cause_analyses"("tenant_id", "created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "root_cause_analyses_alert_id_idx" ON "root_cause_analyses"("alert_id");

-- CreateIndex
CREATE INDEX "root_cause_analyses_anomaly_id_idx" ON "root_cause_analyses"("anomaly_id");

-- CreateIndex
CREATE INDEX "reports_tenant_id_created_at_id_idx" ON "reports"("tenant_id", "created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "reports_status_created_at_idx" ON "reports"("status", "created_at");

-- CreateIndex
CREATE INDEX "reports_expires_at_idx" ON "reports"("expires_at");

-- CreateIndex
CREATE INDEX "report_schedules_next_run_at_idx" ON "report_schedules"("next_run_at");

-- CreateIndex
CREATE UNIQUE INDEX "report_schedules_tenant_id_name_key" ON "report_schedules"("tenant_id", "name");

-- CreateIndex
CREATE INDEX "chat_sessions_tenant_id_user_id_updated_at_id_idx" ON "chat_sessions"("tenant_id", "user_id", "updated_at" DESC, "id");

-- CreateIndex
CREATE INDEX "chat_sessions_expires_at_idx" ON "chat_sessions"("expires_at");

-- CreateIndex
CREATE INDEX "chat_shares_user_id_idx" ON "chat_shares"("user_id");

-- CreateIndex
CREATE INDEX "chat_messages_status_beat_at_idx" ON "chat_messages"("status", "beat_at");

-- CreateIndex
CREATE UNIQUE INDEX "chat_messages_session_id_seq_key" ON "chat_messages"("session_id", "seq");

-- AddForeignKey
ALTER TABLE "detection_states" ADD CONSTRAINT "detection_states_rule_id_fkey" FOREIGN KEY ("rule_id") REFERENCES "detection_rules"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "anomalies" ADD CONSTRAINT "anomalies_rule_id_fkey" FOREIGN KEY ("rule_id") REFERENCES "detection_rules"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reports" ADD CONSTRAINT "reports_schedule_id_fkey" FOREIGN KEY ("schedule_id") REFERENCES "report_schedules"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chat_shares" ADD CONSTRAINT "chat_shares_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "chat_sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chat_messages" ADD CONSTRAINT "chat_messages_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "chat_sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chat_tool_calls" ADD CONSTRAINT "chat_tool_calls_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "chat_messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;
