import { Injectable } from '@nestjs/common'

@Injectable()
export class PricesRepository {
  private readonly rows = new Map([
    ['tea', 4],
    ['coffee', 6],
  ])

  find(article: string): number {
    return this.rows.get(article) ?? 0
  }
}
