import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import Database from 'better-sqlite3'
import { settings } from '../settings'
import type { Order } from './orders'
import type { MonthStatistics } from './statistics'

const WAIT = 30_000 // ms; for the transaction of another worker

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS orders (
    report TEXT NOT NULL, date TEXT NOT NULL, customer TEXT NOT NULL, product TEXT NOT NULL,
    quantity INTEGER NOT NULL, amount INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS orders_of_customers ON orders (report, customer, date);
  CREATE TABLE IF NOT EXISTS statistics (
    report TEXT NOT NULL, customer TEXT NOT NULL, month TEXT NOT NULL, orders INTEGER NOT NULL, total INTEGER NOT NULL,
    p50 INTEGER NOT NULL, p90 INTEGER NOT NULL, p99 INTEGER NOT NULL,
    PRIMARY KEY (report, customer, month)
  ) WITHOUT ROWID;
`

/**
 * The database of reports. The application has one connection, and each worker has its own. The write-ahead log lets the
 * application read while a worker writes.
 */
@Injectable()
export class ReportsRepository implements OnModuleDestroy {
  private readonly database: Database.Database

  constructor() {
    mkdirSync(settings.folder, { recursive: true })
    this.database = new Database(join(settings.folder, 'reports.sqlite'), { timeout: WAIT })
    this.database.pragma('journal_mode = WAL')
    this.database.pragma('synchronous = NORMAL')
    this.database.exec(SCHEMA)
  }

  /**
   * Saves a whole report in one transaction. If the process is killed in the middle, SQLite keeps nothing of it.
   *
   * @param onSaved is called with the number of saved orders, from time to time
   */
  save(
    report: string,
    orders: readonly Order[],
    statistics: readonly MonthStatistics[],
    onSaved: (n: number) => void,
  ): void {
    const addOrder = this.database.prepare<[string, Order]>(
      'INSERT INTO orders VALUES (?, @date, @customer, @product, @quantity, @amount)',
    )
    const addStatistics = this.database.prepare<[string, MonthStatistics]>(
      'INSERT INTO statistics VALUES (?, @customer, @month, @orders, @total, @p50, @p90, @p99)',
    )
    const saveAll = this.database.transaction(() => {
      orders.forEach((order, n) => {
        addOrder.run(report, order)
        if (n % 1_000 === 0) onSaved(n)
      })
      for (const each of statistics) addStatistics.run(report, each)
    })
    saveAll.immediate() // takes the lock at the start: a transaction that reads first can fail when it writes
  }

  /** The months with the largest totals. */
  largest(report: string, limit: number): MonthStatistics[] {
    return this.database
      .prepare<[string, number], MonthStatistics>(
        `SELECT customer, month, orders, total, p50, p90, p99 FROM statistics
         WHERE report = ? ORDER BY total DESC, customer, month LIMIT ?`,
      )
      .all(report, limit)
  }

  onModuleDestroy(): void {
    this.database.close()
  }
}
