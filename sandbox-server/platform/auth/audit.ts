/** The audit log: who did what to whom, and what was refused. */
import { and, desc, eq, lt } from 'drizzle-orm'
import type { AuditEntry } from '../../protocol/workshops.ts'
import type { Database, Transaction } from '../store/database.ts'
import { auditLog } from '../store/schema.ts'

export interface AuditRecord {
  at: number
  actor: string
  actorName: string | null
  action: string
  target?: string
  workshopId?: string
  allowed: boolean
  details?: Record<string, unknown>
}

export async function writeAudit(
  db: Pick<Database | Transaction, 'insert'>,
  record: AuditRecord,
): Promise<void> {
  await db.insert(auditLog).values({
    at: new Date(record.at),
    actor: record.actor,
    actorName: record.actorName,
    action: record.action,
    target: record.target ?? null,
    workshopId: record.workshopId ?? null,
    allowed: record.allowed,
    details: record.details ?? {},
  })
}

/** Newest first, older than `before`. */
export async function readAudit(
  db: Database,
  { workshopId, before, limit }: { workshopId?: string; before?: number; limit: number },
): Promise<AuditEntry[]> {
  const rows = await db
    .select()
    .from(auditLog)
    .where(
      and(
        workshopId === undefined ? undefined : eq(auditLog.workshopId, workshopId),
        before === undefined ? undefined : lt(auditLog.id, before),
      ),
    )
    .orderBy(desc(auditLog.id))
    .limit(limit)
  return rows.map(({ id, at, actor, actorName, action, target, allowed, details }) => ({
    id,
    at: at.toISOString(),
    actor,
    actorName,
    action,
    target,
    allowed,
    details,
  }))
}
