-- CreateEnum
CREATE TYPE "UserAccess" AS ENUM ('SERVICE_ACCOUNT', 'IMPERSONATE', 'USER_TOKEN');

-- AlterTable
ALTER TABLE "clusters" ADD COLUMN     "user_access" "UserAccess" NOT NULL DEFAULT 'SERVICE_ACCOUNT';
