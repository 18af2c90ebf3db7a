// The handlers, one a row of the table of routes: request in, answer out.
#pragma once

#include "souk/serve/http.h"
#include "souk/serve/routes.h"

namespace souk::serve {

// answer_handlers.cc
HttpResponse get_search(Service& service, const Call& call);
HttpResponse post_search(Service& service, const Call& call);
HttpResponse get_shelf(Service& service, const Call& call);
HttpResponse post_shelf(Service& service, const Call& call);
HttpResponse get_suggest(Service& service, const Call& call);
HttpResponse get_shop_config(Service& service, const Call& call);
HttpResponse get_shelf_configs(Service& service, const Call& call);
HttpResponse get_shelf_config(Service& service, const Call& call);

// record_handlers.cc
HttpResponse put_items(Service& service, const Call& call);
HttpResponse patch_items(Service& service, const Call& call);
HttpResponse put_vectors(Service& service, const Call& call);
HttpResponse get_item(Service& service, const Call& call);
HttpResponse delete_item(Service& service, const Call& call);
HttpResponse post_events(Service& service, const Call& call);
HttpResponse put_shoppers(Service& service, const Call& call);
HttpResponse post_reviews(Service& service, const Call& call);

// shopper_handlers.cc
HttpResponse get_shopper(Service& service, const Call& call);
HttpResponse get_shopper_events(Service& service, const Call& call);
HttpResponse get_shopper_reviews(Service& service, const Call& call);
HttpResponse get_shopper_served(Service& service, const Call& call);
HttpResponse delete_shopper(Service& service, const Call& call);
HttpResponse merge_shopper(Service& service, const Call& call);

// lab_handlers.cc
HttpResponse get_lab_runs(Service& service, const Call& call);
HttpResponse get_lab_run(Service& service, const Call& call);
HttpResponse get_lab_shops(Service& service, const Call& call);

// site_handlers.cc
HttpResponse get_health(Service& service, const Call& call);
HttpResponse get_ready(Service& service, const Call& call);
HttpResponse get_metrics(Service& service, const Call& call);
HttpResponse get_openapi(Service& service, const Call& call);
HttpResponse get_page(Service& service, const Call& call);
HttpResponse get_file(Service& service, const Call& call);

}  // namespace souk::serve
