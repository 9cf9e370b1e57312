/*
 * api.h - one face for the plugin interfaces of pppd 2.4.9 and 2.5
 *
 * The names are those of 2.5; for 2.4.9 they are made here.  No <stdbool.h>
 * before it: 2.4.9 has a `bool` of its own.
 */
#ifndef PPPD_PLUGIN_API_H
#define PPPD_PLUGIN_API_H

#include <stdint.h>
#include <sys/types.h>
#include <net/ppp_defs.h>

#if __has_include(<pppd/options.h>)

#include <pppd/pppd.h>
#include <pppd/options.h>
#include <pppd/fsm.h>
#include <pppd/lcp.h>
#include <pppd/upap.h>
#include <pppd/chap.h>
#include <pppd/ipcp.h>

#define API_VERSION PPPD_VERSION
#define API_OWN_STATISTICS 0
#define api_device() ppp_devnam()
#define api_unit() ppp_ifunit()
#define api_set_status(value) ppp_set_status(value)

/* pppd has these for itself, in its private header. */
extern bool demand, multilink, auth_required;
extern int req_unit, log_to_fd, maxconnect;
extern char peer_authname[];

#else

#include <pppd/pppd.h>
#include <pppd/fsm.h>
#include <pppd/lcp.h>
#include <pppd/upap.h>
#include <pppd/chap-new.h>
#include <pppd/ipcp.h>

#define API_VERSION VERSION
#define API_OWN_STATISTICS 1
#define api_device() ((const char *)devnam)
#define api_unit() ifunit
#define api_set_status(value) (status = (value))

#define NF_PHASE_CHANGE &phasechange
#define NF_PID_CHANGE &pidchange
#define NF_IP_UP &ip_up_notifier
#define NF_EXIT &exitnotify
#define NF_FORK &fork_notifier
#define ppp_add_notify add_notifier
#define ppp_add_options add_options
#define ppp_option_error option_error
#define ppp_get_mtu netif_get_mtu
#define ppp_ifname() ((const char *)ifname)
#define ppp_status() status
#define ppp_persist() persist
#define ppp_set_max_idle_time(seconds) (idle_time_limit = (int)(seconds))

#endif

/* In no header at all. */
extern bool allow_any_ip;
extern struct channel tty_channel;

#endif
