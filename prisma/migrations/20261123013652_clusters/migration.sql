-- CreateEnum
CREATE TYPE "ClusterType" AS ENUM ('HUB', 'SPOKE', 'EDGE', 'FAR_EDGE');

-- CreateEnum
CREATE TYPE "Platform" AS ENUM ('OPENSHIFT', 'KUBERNETES', 'MICROSHIFT');

-- CreateEnum
CREATE TYPE "Environment" AS ENUM ('PRODUCTION', 'STAGING', 'DEVELOPMENT', 'LAB');

-- CreateEnum
CREATE TYPE "ClusterState" AS ENUM ('ONLINE', 'OFFLINE', 'DEGRADED', 'UNKNOWN', 'PROVISIONING');

-- CreateEnum
CREATE TYPE "Connectivity" AS ENUM ('CONNECTED', 'DISCONNECTED', 'INTERMITTENT');

-- CreateEnum
CREATE TYPE "CnfType" AS ENUM ('VDU', 'VCU', 'UPF', 'AMF', 'SMF', 'OTHER');

-- CreateEnum
CREATE TYPE "AuthType" AS ENUM ('KUBECONFIG', 'SERVICE_ACCOUNT', 'OIDC');

-- CreateTable
CREATE TABLE "clusters" (
    "id" UUID NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "display_name" TEXT,
    "api_server_url" TEXT NOT NULL,
    "cluster_type" "ClusterType" NOT NULL DEFAULT 'SPOKE',
    "platform" "Platform" NOT NULL DEFAULT 'OPENSHIFT',
    "platform_version" TEXT,
    "region" TEXT,
    "environment" "Environment" NOT NULL DEFAULT 'DEVELOPMENT',
    "labels" JSONB NOT NULL DEFAULT '{}',
    "label_pairs" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "state" "ClusterState" NOT NULL DEFAULT 'PROVISIONING',
    "health_score" INTEGER,
    "last_error" TEXT,
    "connectivity" "Connectivity",
    "api_server_healthy" BOOLEAN,
    "prometheus_healthy" BOOLEAN,
    "tempo_healthy" BOOLEAN,
    "loki_healthy" BOOLEAN,
    "capabilities_at" TIMESTAMPTZ(3),
    "has_gpu_nodes" BOOLEAN,
    "gpu_count" INTEGER,
    "gpu_types" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "has_prometheus" BOOLEAN NOT NULL DEFAULT true,
    "has_thanos" BOOLEAN,
    "has_tempo" BOOLEAN NOT NULL DEFAULT false,
    "has_loki" BOOLEAN NOT NULL DEFAULT false,
    "has_service_mesh" BOOLEAN,
    "has_cnf_workloads" BOOLEAN,
    "cnf_types" "CnfType"[] DEFAULT ARRAY[]::"CnfType"[],
    "prometheus_url" TEXT,
    "tempo_url" TEXT,
    "loki_url" TEXT,
    "alertmanager_url" TEXT,
    "next_check_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3),
    "deleted_at" TIMESTAMPTZ(3),
    "credentials_at" TIMESTAMPTZ(3),

    CONSTRAINT "clusters_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cluster_credentials" (
    "cluster_id" UUID NOT NULL,
    "auth_type" "AuthType" NOT NULL,
    "kubeconfig_encrypted" BYTEA,
    "access_encrypted" BYTEA,
    "service_account_token_secret_ref" TEXT,
    "prometheus_token_secret_ref" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "cluster_credentials_pkey" PRIMARY KEY ("cluster_id")
);

-- CreateIndex
CREATE INDEX "clusters_tenant_id_name_idx" ON "clusters"("tenant_id", "name");

-- CreateIndex
CREATE INDEX "clusters_label_pairs_idx" ON "clusters" USING GIN ("label_pairs");

-- CreateIndex
CREATE INDEX "clusters_next_check_at_idx" ON "clusters"("next_check_at");

-- AddForeignKey
ALTER TABLE "cluster_credentials" ADD CONSTRAINT "cluster_credentials_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "clusters"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A name is unique among the living clusters of a tenant, and free again once its cluster is deleted. Prisma's schema
-- cannot say "where"; its diff leaves partial indexes alone, so this one stands here only.
CREATE UNIQUE INDEX "clusters_tenant_name_living" ON "clusters"("tenant_id", "name") WHERE "deleted_at" IS NULL;
