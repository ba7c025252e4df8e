// Throws where nothing may be stored.
const storageOf = ({ storage }) => storage ?? sessionStorage;
