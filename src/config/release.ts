/** The release of TorchServe whose clients, archives and files this server takes, and which it tells where they ask. */
export const torchServeVersion = '0.12.0';
