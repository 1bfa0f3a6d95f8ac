-- AlterTable
ALTER TABLE "sandbox" ADD COLUMN     "head" INTEGER NOT NULL DEFAULT 0;
