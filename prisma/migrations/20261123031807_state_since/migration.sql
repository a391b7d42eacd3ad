-- AlterTable
ALTER TABLE "clusters" ADD COLUMN     "checked_at" TIMESTAMPTZ(3),
ADD COLUMN     "state_since" TIMESTAMPTZ(3);
