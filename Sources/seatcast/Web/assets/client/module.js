
const HERE = import.meta.url;
const loadMore = () => import('./client-more.js');
const loadExtra = () => import('./client-extra.js');
export { connect };
