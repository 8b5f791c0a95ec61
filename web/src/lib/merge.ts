import type { Offer, Shelf } from './types';

/**
 * Puts a fresh shelf in place of an old one without making the cards jump: what is in both stays where it was, what `keep`
 * names stays even if the server left it out, and what is gone is replaced in its own place.
 */
export function mergeShelf(old: Shelf | undefined, fresh: Shelf, keep: (offer: Offer) => boolean): Shelf {
  if (old === undefined) return fresh;
  const byId = new Map(fresh.offers.map((offer) => [offer.item.id, offer]));
  const stays = (offer: Offer): boolean => byId.has(offer.item.id) || keep(offer);
  const kept = new Set(old.offers.filter(stays).map((offer) => offer.item.id));
  const spare = fresh.offers.filter((offer) => !kept.has(offer.item.id));
  const places = Math.max(old.offers.length, fresh.offers.length);
  const offers: Offer[] = [];
  for (let place = 0; place < places; place += 1) {
    const before = old.offers[place];
    const offer = before !== undefined && stays(before) ? (byId.get(before.item.id) ?? before) : spare.shift();
    if (offer !== undefined) offers.push(offer);
  }
  return { ...fresh, offers };
}
