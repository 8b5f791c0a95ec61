export type Route = 'mirror' | 'history' | 'about';

export const PATHS: Record<Route, string> = { mirror: '#/', history: '#/history', about: '#/about' };

function routeOf(hash: string): Route {
  if (hash.startsWith('#/history')) return 'history';
  if (hash.startsWith('#/about')) return 'about';
  return 'mirror';
}

class Router {
  route = $state<Route>(routeOf(location.hash));

  constructor() {
    window.addEventListener('hashchange', () => {
      this.route = routeOf(location.hash);
    });
  }
}

export const router = new Router();
