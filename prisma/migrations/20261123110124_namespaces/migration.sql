-- AlterTable
ALTER TABLE "chat_sessions" ADD COLUMN     "namespaces" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- AlterTable
ALTER TABLE "root_cause_analyses" ADD COLUMN     "namespaces" TEXT[] DEFAULT ARRAY[]::TEXT[];
